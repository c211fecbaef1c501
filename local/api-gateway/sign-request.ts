import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../system/local-credentials.ts';

/** A request as far as its signature covers it. */
export interface SignedRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** `a=1&b=2`, as it was sent. */
  query: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^,/]+)\/(\d{8})\/([^,/]+)\/([^,/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/;

/** A signature is good for this long, as on AWS. */
const MAX_SKEW_MS = 5 * 60_000;

/**
 * The headers that sign a request for API Gateway.
 * (AWS Signature Version 4, IAM User Guide)
 */
export function signRequest(
  request: SignedRequest,
  { accessKeyId, secretAccessKey }: Credentials,
  region: string,
  nowMs: number,
): Record<string, string> {
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const headers = { ...request.headers, 'x-amz-date': time };
  const scope = { date: time.slice(0, 8), region, service: 'execute-api' };
  const names = 'host;x-amz-date';
  const signature = sign({ ...request, headers }, names, scope, secretAccessKey);
  return {
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.date}/${region}/execute-api/aws4_request, SignedHeaders=${names}, Signature=${signature.toString('hex')}`,
  };
}

/** Whether a request carries a fresh signature that was made with these credentials. */
export function hasValidSignature(
  request: SignedRequest,
  credentials: Credentials,
  nowMs: number,
): boolean {
  const { authorization = '', 'x-amz-date': time = '' } = request.headers;
  const [, accessKeyId, date = '', region = '', service = '', names = '', signature = ''] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (accessKeyId !== credentials.accessKeyId || service !== 'execute-api') return false;
  if (!names.split(';').includes('host') || !time.startsWith(date)) return false;
  const signedAtMs = Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (!(Math.abs(nowMs - signedAtMs) <= MAX_SKEW_MS)) return false;
  const expected = sign(request, names, { date, region, service }, credentials.secretAccessKey);
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

function sign(
  { method, path, query, headers, body }: SignedRequest,
  names: string,
  { date, region, service }: { date: string; region: string; service: string },
  secretAccessKey: string,
): Buffer {
  const canonical = [
    method,
    // Encoded once more, as every service but S3 has it.
    path.split('/').map(encode).join('/'),
    [...new URLSearchParams(query)]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${headers[name]?.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const toSign = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    `${date}/${region}/${service}/aws4_request`,
    sha256(canonical),
  ].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${secretAccessKey}`,
  );
  return hmac(key, toSign);
}

const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const encode = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

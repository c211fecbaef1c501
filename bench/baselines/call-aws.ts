import { createHash, createHmac } from 'node:crypto';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

/** One call of an AWS JSON service by `fetch`, signed by hand (Signature Version 4): no SDK. */
export async function callAws(
  service: { name: string; endpoint: string; contentType: string },
  target: string,
  input: object,
): Promise<Record<string, string>> {
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  const url = new URL(service.endpoint);
  const body = JSON.stringify(input);
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = {
    'content-type': service.contentType,
    host: url.host,
    'x-amz-date': time,
    'x-amz-target': target,
  };
  const signedHeaders = Object.keys(headers).join(';');
  const canonicalHeaders = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ['POST', '/', '', canonicalHeaders.join(''), signedHeaders, hash(body)].join(
    '\n',
  );
  const day = time.slice(0, 8);
  const scope = `${day}/${AWS_REGION}/${service.name}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash(request)].join('\n');
  const key = [day, AWS_REGION ?? '', service.name, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${AWS_SECRET_ACCESS_KEY}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  const { host, ...sent } = headers;
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    },
  });
  if (!response.ok) throw new Error(`${target}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, string>;
}

const {
  AWS_ENDPOINT_URL_SQS = '',
  AWS_ENDPOINT_URL_DYNAMODB = '',
  AWS_ENDPOINT_URL_SECRETS_MANAGER = '',
} = process.env;

export const SQS = {
  name: 'sqs',
  endpoint: AWS_ENDPOINT_URL_SQS,
  contentType: 'application/x-amz-json-1.0',
};

export const DYNAMODB = {
  name: 'dynamodb',
  endpoint: AWS_ENDPOINT_URL_DYNAMODB,
  contentType: 'application/x-amz-json-1.0',
};

export const SECRETS_MANAGER = {
  name: 'secretsmanager',
  endpoint: AWS_ENDPOINT_URL_SECRETS_MANAGER,
  contentType: 'application/x-amz-json-1.1',
};

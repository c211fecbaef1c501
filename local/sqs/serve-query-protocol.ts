import type { buildApp } from 'fauxqs';

type App = ReturnType<typeof buildApp>;

interface JsonResponse {
  MessageId?: string;
  MD5OfMessageBody?: string;
  SequenceNumber?: string;
  __type?: string;
  message?: string;
}

/**
 * `SendMessage` in SQS's query protocol, which fauxqs does not support. It lets `curl QUEUE-URL -d
 * Action=SendMessage -d MessageBody=…` send a message without the AWS CLI.
 * (Amazon SQS Developer Guide, "Making Query API requests using AWS query protocol")
 */
export function serveQueryProtocol(app: App): void {
  app.addHook('preHandler', async (request, reply) => {
    const { headers, body, url } = request;
    if (!/x-www-form-urlencoded/.test(headers['content-type'] ?? '')) return;
    const { Action, Version: _version, ...fields } = body as Record<string, string>;
    if (Action === undefined) return;
    if (Action !== 'SendMessage') {
      // fauxqs would respond with 200 and a document of S3.
      const message = `The local SQS knows ${Action} only in the JSON protocol, as the AWS CLI and the SDKs send it`;
      await reply
        .code(400)
        .type('text/xml')
        .send(toXml({ __type: 'InvalidAction', message }));
      return reply;
    }
    const response = await app.inject({
      method: 'POST',
      url: '/',
      headers: {
        host: headers.host ?? '',
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessage',
      },
      payload: JSON.stringify({ QueueUrl: `http://${headers.host}${url}`, ...fields }),
    });
    await reply
      .code(response.statusCode)
      .type('text/xml')
      .send(toXml(response.json() as JsonResponse));
    return reply;
  });
}

function toXml(response: JsonResponse): string {
  const element = (name: string, text: string | undefined) =>
    text === undefined
      ? ''
      : `<${name}>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`;
  if (response.MessageId === undefined) {
    const code = response.__type?.replace(/^.*#/, '');
    return `<ErrorResponse><Error>${element('Code', code)}${element('Message', response.message)}</Error></ErrorResponse>\n`;
  }
  const { MessageId, MD5OfMessageBody, SequenceNumber } = response;
  return `<SendMessageResponse><SendMessageResult>${element('MessageId', MessageId)}${element('MD5OfMessageBody', MD5OfMessageBody)}${element('SequenceNumber', SequenceNumber)}</SendMessageResult></SendMessageResponse>\n`;
}

import type { Message } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSEvent, SQSMessageAttributes, SQSRecord } from 'aws-lambda';

export type { SQSBatchItemFailure, SQSEvent };

/** Lambda's event for received messages ("Using Lambda with Amazon SQS"). */
export function toSqsEvent(messages: Message[], queueArn: string): SQSEvent {
  const region = queueArn.split(':')[3] ?? '';
  return {
    Records: messages.map(
      (message): SQSRecord => ({
        messageId: message.MessageId ?? '',
        receiptHandle: message.ReceiptHandle ?? '',
        body: message.Body ?? '',
        // All requested attributes are strings: ApproximateReceiveCount, SentTimestamp, …
        attributes: (message.Attributes ?? {}) as SQSRecord['attributes'],
        messageAttributes: toLambdaAttributes(message.MessageAttributes ?? {}),
        md5OfBody: message.MD5OfBody ?? '',
        ...(message.MD5OfMessageAttributes
          ? { md5OfMessageAttributes: message.MD5OfMessageAttributes }
          : {}),
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn,
        awsRegion: region,
      }),
    ),
  };
}

function toLambdaAttributes(
  attributes: NonNullable<Message['MessageAttributes']>,
): SQSMessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      {
        dataType: (value.DataType ?? 'String') as 'String',
        stringListValues: [],
        binaryListValues: [],
        ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
        ...(value.BinaryValue === undefined
          ? {}
          : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
      },
    ]),
  );
}

import type { Template } from '../../local/package-service.ts';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/**
 * Restricts who may send to the queues, in addition to IAM. A queue has one policy, so the policies of the
 * request queue and the audit queue repeat the statements for all queues.
 *
 * - Audit queue: only the functions that send results, and the operators who redrive them. The relay
 *   signs what is on it.
 * - Request queue: the accounts that may send requests.
 */
export function protectQueues(
  template: Template,
  who: { senderAccounts: string[]; operatorRoleArns: string[] },
): void {
  const shared = template.Resources.QueuePolicy;
  if (!shared) return;
  const statements = shared.Properties.PolicyDocument.Statement;
  const give = (queue: string, policy: string, statement: object) => {
    shared.Properties.Queues = shared.Properties.Queues.filter(
      ({ Ref }: { Ref: string }) => Ref !== queue,
    );
    template.Resources[policy] = {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: queue }],
        PolicyDocument: { Version: '2012-10-17', Statement: [...statements, statement] },
      },
    };
  };
  give('AuditQueue', 'AuditQueuePolicy', {
    Sid: 'OnlyThoseWhoSendResults',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: {
      // The role with any session name. The Deny also applies without a principal.
      ArnNotLike: {
        'aws:PrincipalArn': [
          ...rolesThatSendTo(template, 'AuditQueue').map((role) => ({
            'Fn::GetAtt': [role, 'Arn'],
          })),
          ...who.operatorRoleArns,
        ],
      },
    },
  });
  if (who.senderAccounts.length > 0) {
    give('RequestQueue', 'RequestQueuePolicy', {
      Sid: 'SendersOfOtherAccounts',
      Effect: 'Allow',
      Principal: {
        AWS: who.senderAccounts.map((account) => ({
          'Fn::Sub': `arn:\${AWS::Partition}:iam::${account}:root`,
        })),
      },
      Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'],
      Resource: { 'Fn::GetAtt': ['RequestQueue', 'Arn'] },
    });
  }
}

function rolesThatSendTo(template: Template, queue: string): string[] {
  const isQueue = (resource: unknown) =>
    [resource].flat().some((one) => JSON.stringify(one) === `{"Fn::GetAtt":["${queue}","Arn"]}`);
  return Object.entries(template.Resources)
    .filter(
      ([, { Type, Properties }]) =>
        Type === 'AWS::IAM::Role' &&
        (Properties.Policies ?? []).some(
          ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) =>
            PolicyDocument.Statement.some(
              ({ Effect, Action, Resource }) =>
                Effect === 'Allow' &&
                [Action].flat().includes('sqs:SendMessage') &&
                isQueue(Resource),
            ),
        ),
    )
    .map(([logicalId]) => logicalId)
    .sort();
}

/** The stack as an enterprise deploys it: every optional parameter that has no default. */
export const everyParameter = {
  permissionsBoundary: 'arn:aws:iam::111111111111:policy/boundary',
  rolePath: '/service-roles/',
  kmsKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/0c1d6f3e-1a2b-4c3d-8e4f-5a6b7c8d9e0f',
  alarmTopicArns: 'arn:aws:sns:us-east-1:111111111111:on-call',
  customDomain: 'adder.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/1',
  accessLogPrefix: '/aws/vendedlogs/http-api/',
  senderAccounts: '222222222222, 333333333333',
  operatorRoleArns: 'arn:aws:iam::111111111111:role/operator',
  jwtIssuer: 'https://issuer.example/',
  jwtAudience: 'adder',
  jwtAddScopes: 'participants.add',
  genesysOrganizationId: '0a1b2c3d-0000-4000-8000-000000000001',
  eventSource: 'com.example.crm',
  eventBus: 'crm',
};

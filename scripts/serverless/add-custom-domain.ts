import type { Template } from '../../local/package-service.ts';

/**
 * Adds a custom domain to the API. The deployer creates its DNS record; the target is an output of the
 * stack.
 */
export function addCustomDomain(template: Template, domain: string, certificateArn: string): void {
  template.Resources.HttpApiDomain = {
    Type: 'AWS::ApiGatewayV2::DomainName',
    Properties: {
      DomainName: domain,
      DomainNameConfigurations: [
        {
          CertificateArn: certificateArn,
          EndpointType: 'REGIONAL',
          SecurityPolicy: 'TLS_1_2',
        },
      ],
    },
  };
  template.Resources.HttpApiDomainMapping = {
    Type: 'AWS::ApiGatewayV2::ApiMapping',
    Properties: {
      ApiId: { Ref: 'HttpApi' },
      DomainName: { Ref: 'HttpApiDomain' },
      Stage: { Ref: 'HttpApiStage' },
    },
  };
  template.Outputs.CustomDomainUrl = {
    Description: 'The API under its own host name',
    Value: `https://${domain}`,
  };
  template.Outputs.CustomDomainTarget = {
    Description: 'Make the host name an alias (or CNAME) of this one',
    Value: { 'Fn::GetAtt': ['HttpApiDomain', 'RegionalDomainName'] },
  };
}

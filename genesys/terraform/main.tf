# Everything that the service needs inside Genesys Cloud: a role, an OAuth client, and the data
# actions by which Architect calls the service.

terraform {
  required_version = ">= 1.3"
  required_providers {
    genesyscloud = {
      source  = "mypurecloud/genesyscloud"
      version = ">= 1.40"
    }
  }
}

locals {
  actions = {
    add-participants = { file = "add-participants.lambda.json", function = "intake" }
    get-request      = { file = "get-request.lambda.json", function = "requests" }
  }
  definitions = {
    for key, action in local.actions : key => jsondecode(file("${path.module}/../data-actions/${action.file}"))
  }
}

# The permissions of docs/genesys.md, no others.
resource "genesyscloud_auth_role" "adder" {
  name        = "Participant adder ${var.stage}"
  description = "Reads conversations and adds participants to calls."
  permission_policies {
    domain      = "conversation"
    entity_name = "agentlessCall"
    action_set  = ["add"]
  }
  permission_policies {
    domain      = "conversation"
    entity_name = "communication"
    action_set  = ["view"]
  }
  permission_policies {
    domain      = "directory"
    entity_name = "user"
    action_set  = ["view"]
  }
}

# Its id and secret go into the service with `npm run credentials`.
resource "genesyscloud_oauth_client" "adder" {
  name                          = "Participant adder ${var.stage}"
  authorized_grant_type         = "CLIENT-CREDENTIALS"
  access_token_validity_seconds = 86400
  roles {
    role_id     = genesyscloud_auth_role.adder.id
    division_id = var.division_id
  }
}

# The role that `serverless deploy --param="genesysOrganizationId=…"` creates.
resource "genesyscloud_integration_credential" "invoke_role" {
  name                 = "Participant adder ${var.stage}"
  credential_type_name = "amazonWebServicesARN"
  fields = {
    ARN = var.data_action_role_arn
  }
}

resource "genesyscloud_integration" "lambda" {
  intended_state   = "ENABLED"
  integration_type = "aws-lambda-data-actions"
  config {
    name        = "Participant adder ${var.stage}"
    properties  = jsonencode({})
    advanced    = jsonencode({})
    credentials = { AmazonWebServicesARN = genesyscloud_integration_credential.invoke_role.id }
    notes       = "Invokes the participant adder in AWS account ${var.aws_account_id}."
  }
}

resource "genesyscloud_integration_action" "action" {
  for_each = local.actions

  name                   = local.definitions[each.key].name
  category               = genesyscloud_integration.lambda.config[0].name
  integration_id         = genesyscloud_integration.lambda.id
  secure                 = local.definitions[each.key].secure
  config_timeout_seconds = 30
  contract_input         = jsonencode(local.definitions[each.key].contract.input.inputSchema)
  contract_output        = jsonencode(local.definitions[each.key].contract.output.successSchema)

  config_request {
    request_url_template = "arn:aws:lambda:${var.aws_region}:${var.aws_account_id}:function:genesys-automated-adder-${var.stage}-${each.value.function}:data-action"
    request_type         = local.definitions[each.key].config.request.requestType
    request_template     = local.definitions[each.key].config.request.requestTemplate
  }
  config_response {
    success_template = local.definitions[each.key].config.response.successTemplate
  }
}

variable "stage" {
  description = "Stage of the service, as given to serverless deploy."
  type        = string
}

variable "aws_region" {
  description = "AWS region of the stage. It has to be the region of the Genesys Cloud organisation."
  type        = string
}

variable "aws_account_id" {
  description = "AWS account of the stage."
  type        = string
}

variable "data_action_role_arn" {
  description = "Output DataActionRoleArn of the stack."
  type        = string
}

variable "division_id" {
  description = "Division whose conversations and users the service works with."
  type        = string
}

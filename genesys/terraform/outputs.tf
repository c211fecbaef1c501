output "oauth_client_id" {
  description = "Goes into the service with `npm run credentials`, together with the secret that Genesys Cloud shows."
  value       = genesyscloud_oauth_client.adder.id
}

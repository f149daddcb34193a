/**
 * The errors of a failed attempt, as merchants read them: enough to repair a receiver, and nothing that would map the network behind us.
 * A name that does not exist and one that leads only inside give the same error.
 */
export const WEBHOOK_ERRORS = {
  bad_status: 'The endpoint answered, but not with 2xx.',
  redirect: 'The endpoint answered with a redirect; webhooks follow none. Give the address that it leads to.',
  no_public_address: 'The name leads to no address that webhooks may be sent to.',
  connection_refused: 'Nothing listens on this port: the connection was refused.',
  connection_reset: 'The connection was closed before a response came.',
  unreachable: 'No connection came about within 5 seconds.',
  timeout: 'No response came within 15 seconds.',
  not_tls: 'The port does not speak TLS: it may be one for http.',
  tls_failed: 'No secure connection came about.',
  certificate_expired: 'The certificate has expired.',
  certificate_not_yet_valid: 'The certificate is not valid yet.',
  certificate_wrong_name: 'The certificate is for another name.',
  certificate_self_signed: 'The certificate is signed by itself, or by an authority that nobody knows.',
  certificate_incomplete: 'The certificate comes without the intermediate certificates that lead to a known authority.',
  certificate_invalid: 'The certificate is not valid.',
  bad_response: 'What came back is not HTTP/1.1.',
} as const

export type WebhookError = keyof typeof WEBHOOK_ERRORS

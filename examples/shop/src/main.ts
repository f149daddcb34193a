import { createClient } from '@ctrip/sdk'
import { shop } from './shop'

const {
  CTRIP_API_KEY = '',
  CTRIP_URL = 'http://127.0.0.1:3000',
  CTRIP_WEBHOOK_SECRET = '',
  PORT = '4000',
} = process.env

shop(createClient({ apiKey: CTRIP_API_KEY, baseUrl: CTRIP_URL }), CTRIP_WEBHOOK_SECRET).listen(Number(PORT), () => {
  console.log(`The shop is open on http://127.0.0.1:${PORT}; its webhooks come to /webhooks`)
})

import { createClient } from '@ctrip/sdk'
import { type Currency, shop } from './shop'

const {
  CTRIP_API_KEY = '',
  CTRIP_URL = 'http://127.0.0.1:3000',
  CTRIP_WEBHOOK_SECRET = '',
  CURRENCY = 'USDC',
  PORT = '4000',
} = process.env

const ctrip = createClient({ apiKey: CTRIP_API_KEY, baseUrl: CTRIP_URL })
shop(ctrip, CTRIP_WEBHOOK_SECRET, CURRENCY as Currency).listen(Number(PORT), () => {
  console.log(`The shop is open on http://127.0.0.1:${PORT}; its webhooks come to /webhooks`)
})

import { runService } from '@ctrip/service/run-service'
import { configSchema } from './config'
import { buildService } from './service'

runService({ name: 'ctrip-webhook-dispatcher', schema: configSchema, build: buildService })

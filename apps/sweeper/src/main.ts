import { runService } from '@ctrip/service/run-service'
import { configSchema } from './config'
import { buildSweeper } from './service'

runService({ name: 'ctrip-sweeper', schema: configSchema, build: buildSweeper })

import { runService } from '@ctrip/service/run-service'
import { schema } from './config'
import { buildApi } from './service'

runService({ name: 'ctrip-api', schema, build: buildApi })

import { runService } from '@ctrip/service/run-service'
import { schema } from './config'
import { buildScanner } from './service'

runService({ name: 'ctrip-scanner', schema, build: buildScanner })

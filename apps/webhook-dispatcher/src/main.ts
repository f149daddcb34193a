import { runService } from '@ctrip/service/run-service'
import { dispatcherConfig } from './config'
import { buildDispatcher } from './service'

runService({ name: 'ctrip-webhook-dispatcher', schema: dispatcherConfig, build: buildDispatcher })

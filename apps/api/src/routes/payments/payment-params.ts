import { z } from 'zod'
import { idParam } from '../../schemas/ids'

export const paymentParams = z.object({ id: idParam('payment') })

/** Checking a body against its schema: an order of ten lines. */
import { Value } from 'typebox/value'
import { compileValidator } from '../../core/http/validation.ts'
import { NewOrder } from '../../services/order/schemas.ts'
import { repeated, type Suite } from './suite.ts'

const order = {
  items: Array.from({ length: 10 }, (_, at) => ({
    product_id: `a9f28744-f0d4-506f-b94b-2e77e6b40d0${at}`,
    quantity: at + 1,
  })),
}

const batch = 200

export default {
  mirrors: 'core/http/validation.ts',
  operation: 'one body of ten lines checked',
  batch,
  variants: {
    'compiled at boot'() {
      const validate = compileValidator(NewOrder)
      return repeated(batch, () => validate(order))
    },
    'schema read on each request'() {
      return repeated(batch, () => Value.Check(NewOrder, order))
    },
  },
} satisfies Suite

import type { Event as AnyEvent, CheckoutSession, Payment, Sweep, Transfer } from './generated/openapi.ts'

type TypesOf<Subject extends string> = Extract<AnyEvent['type'], `${Subject}.${string}`>

type Told<Type extends AnyEvent['type'], Data> = Omit<AnyEvent, 'type' | 'data'> & {
  readonly type: Type
  readonly data: Data
}

/** An event of the gateway: `type` decides the shape of `data`. */
export type Event =
  | Told<TypesOf<'payment'>, { readonly payment: Payment }>
  | Told<TypesOf<'transfer'>, { readonly transfer: Transfer; readonly payment?: Payment }>
  | Told<TypesOf<'checkout_session'>, { readonly checkout_session: CheckoutSession }>
  | Told<TypesOf<'sweep'>, { readonly sweep: Sweep }>
  /** Listed, never sent as webhooks. */
  | Told<TypesOf<'webhook'>, Readonly<Record<string, unknown>>>
  | Told<'endpoint.test', { readonly endpoint_id: string }>

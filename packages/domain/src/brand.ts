declare const brand: unique symbol

/** A value that can only be made by its own parser: a string that was checked is not any string. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name }

/** Variables as they were given, by name. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The variables that Pawl reads as settings of its own. */
const OWN = /^(PAWL_|DATABASE_(LISTEN_)?URL$)/
const PADDED = /^PAWL_(TOKEN|URL)$/

/**
 * An environment as Pawl reads it. What is set to nothing, as by a CI whose secret is missing, counts as not given, and the
 * line end that a secret or an address was stored with is no part of it. Variables of others are left as they are.
 */
export function givenVariables(env: Variables = process.env): Variables {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      if (!OWN.test(name)) return [[name, value]]
      if (value === undefined || value.trim() === '') return []
      return [[name, PADDED.test(name) ? value.trim() : value]]
    }),
  )
}

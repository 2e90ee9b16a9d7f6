/**
 * The results that hide the run from an AGENT token whose claim is over: every other write of such a token is
 * `LeaseLost`.
 */
type WithheldName = 'CompleteRunSuccess' | 'FailRunSuccess' | 'LeaseLost'

/**
 * The members of a result. In the schema every `run` is nullable, because it is null for an AGENT token whose claim is
 * over; here it is nullable only in the members that such a token can receive.
 */
export type Shown<Member> = Member extends { readonly __typename: WithheldName }
  ? Member
  : Member extends { run: infer Run }
    ? Omit<Member, 'run'> & { run: NonNullable<Run> }
    : Member

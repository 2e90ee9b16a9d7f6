import type { CommandOf, CommandType } from '../run/commandInputs.ts'
import type { COMMANDS, RefusalTypeOf } from '../run/commands.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import type { Run } from '../run/run.ts'
import type { Draft, Situation } from '../log/draft.ts'

/** The refusals that the decision about a command may return: those listed in COMMANDS that a decision can find. */
export type RefusalOf<T extends CommandType> = RefusalNamed<RefusalTypeOf<T>>

/** What a rule returns: accepted (its events are noted on the draft), unchanged, deleted, or a refusal. */
export type Outcome<T extends CommandType = CommandType> = 'accepted' | 'unchanged' | 'deleted' | RefusalOf<T>

/** A rule notes on the draft what it accepts. `before` is the run as loaded, before due changes. */
export type Rule<T extends CommandType> = (
  draft: Draft,
  command: CommandOf<T>,
  situation: Situation,
  before: Run,
) => Outcome<T>

/** The refusals of the checks that `decide` makes before the rule, for every command of this shape. */
type Implied<T extends CommandType> =
  | 'IdempotencyMismatch'
  | (CommandOf<T> extends { readonly fence: unknown } ? 'LeaseLost' | ImpliedBySettling<T> : never)
  | 'RevisionConflict'

/**
 * A driving command is refused on a settled run, unless its transitions admit settled statuses or it has no
 * transitions.
 */
type ImpliedBySettling<T extends CommandType> = (typeof COMMANDS)[T] extends {
  readonly transitions: infer Transitions
}
  ? Transitions extends { readonly COMPLETED: unknown }
    ? never
    : 'RunNotActive'
  : never

/** The server's own commands have no idempotency key, and are about whatever the run is. */
type Unkeyed = 'sweep'

type Unlisted<T extends CommandType> = Exclude<
  Implied<T>,
  RefusalTypeOf<T> | (T extends Unkeyed ? 'IdempotencyMismatch' | 'RevisionConflict' : never)
>

/** The rules of some commands; a command whose implied refusals are missing in COMMANDS does not compile. */
export type RuleTable<T extends CommandType = CommandType> = {
  readonly [N in T]: [Unlisted<N>] extends [never] ? Rule<N> : { readonly notListed: Unlisted<N> }
}

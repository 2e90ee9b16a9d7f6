import type { CommandOf, CommandType } from '../run/commandInputs.ts'
import type { COMMANDS, RefusalTypeOf } from '../run/commands.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import type { Run } from '../run/run.ts'
import type { Draft, Situation } from '../log/draft.ts'

/** What the decision about a command may refuse with: those of the refusals listed in COMMANDS that are found by deciding. */
export type RefusalOf<T extends CommandType> = RefusalNamed<RefusalTypeOf<T>>

/** What one rule answers: nothing (it noted what it accepted), that nothing is to change, or a refusal. */
export type Ruling<T extends CommandType = CommandType> = 'accepted' | 'unchanged' | 'deleted' | RefusalOf<T>

/** A rule: notes on the draft what it accepts. `before` is the run as it was loaded, before what was due. */
export type Rule<T extends CommandType> = (
  draft: Draft,
  command: CommandOf<T>,
  situation: Situation,
  before: Run,
) => Ruling<T>

/** The refusals of the checks that `decide` makes for every command of this shape, before its rule. */
type Implied<T extends CommandType> =
  | 'IdempotencyMismatch'
  | (CommandOf<T> extends { readonly fence: unknown } ? 'LeaseLost' | ImpliedBySettling<T> : never)
  | (CommandOf<T> extends { readonly ifRevision: unknown } ? 'RevisionConflict' : never)

/** A driving command is refused once the run is settled, unless its transitions, or the lack of any, say otherwise. */
type ImpliedBySettling<T extends CommandType> = (typeof COMMANDS)[T] extends {
  readonly transitions: infer Transitions
}
  ? Transitions extends { readonly COMPLETED: unknown }
    ? never
    : 'RunNotActive'
  : never

/** The server's own commands carry no key. */
type Unkeyed = 'sweep'

type Unlisted<T extends CommandType> = Exclude<
  Implied<T>,
  RefusalTypeOf<T> | (T extends Unkeyed ? 'IdempotencyMismatch' : never)
>

/** The rules of some commands; one whose implied refusals COMMANDS does not list has no rule that would do. */
export type RuleTable<T extends CommandType = CommandType> = {
  readonly [N in T]: [Unlisted<N>] extends [never] ? Rule<N> : { readonly notListed: Unlisted<N> }
}

/** Runs that each client changes in turn, where its operations change runs that are there already. */
export const RUNS_EACH = 20

/** Work to be measured. */
export interface Load {
  /** Makes what is needed by so many clients with so many operations each. */
  readonly prepare: (extent: { readonly clients: number; readonly each: number }) => Promise<void>
  /** One operation of one client. */
  readonly act: (client: number, turn: number) => Promise<void>
}

/** How many existing runs each client changes in turn. */
export const RUNS_EACH = 20

/** A load to be measured. */
export interface Load {
  /** Prepares this many clients with this many operations each. */
  readonly prepare: (extent: { readonly clients: number; readonly each: number }) => Promise<void>
  /** One operation of one client. */
  readonly act: (client: number, turn: number) => Promise<void>
}

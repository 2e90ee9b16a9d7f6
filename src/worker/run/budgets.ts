/** How often the executor tries again by itself before a person is asked, counted since the phase was last begun anew. */
export const BUDGETS = {
  /** Tries of handing over one prompt. */
  sends: 3,
  /** How often an agent that crashed is taken up again with what it remembers. */
  resumes: 3,
  /** How often, after that, it is started without memory. */
  restarts: 2,
  /** Repairs of work that is wrong, or did not come in time. */
  repairs: 1,
} as const

/** The most that is told of a trouble, in UTF-16 units: what the server takes has room for a sentence around it. */
export const MAX_MESSAGE_LENGTH = 9_000

/** How long a file has to stay the same while its agent still works, in milliseconds, before it is taken for whole. */
export const STABLE_MS = 1_000

/**
 * Whether tests run exhaustively (`npm run test:thorough`): every test, also those with the tag `thorough`, with new seeds, more
 * histories of the model, more hostile values, and a kill at every boundary. `npm test` leaves out what repeats a proof
 * under further conditions, so that it takes minutes.
 */
export const isThorough = process.env['PAWL_TEST_THOROUGH'] !== undefined

/** Rows of a table of tests that only a thorough run takes. */
export function thoroughly<const T>(rows: readonly T[]): readonly T[] {
  return isThorough ? rows : []
}

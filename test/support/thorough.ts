/**
 * Whether tests run exhaustively (`npm run test:thorough`): a worker killed at every boundary with every kind of agent,
 * the server killed twice as often, an opening of a workspace before and after each call of git, more hostile values, five
 * times as many histories of the model. Otherwise what repeats a proof is left out, so that all tests take minutes.
 */
export const isThorough = process.env['PAWL_TEST_THOROUGH'] !== undefined

/**
 * Whether tests run exhaustively (`PAWL_TEST_THOROUGH`): every kill with every kind of agent, and five times as many
 * histories of the model. Otherwise each boundary, rule and race is tested once, in minutes.
 */
export const isThorough = process.env['PAWL_TEST_THOROUGH'] !== undefined

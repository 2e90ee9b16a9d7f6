/**
 * Whether tests go through all they could (`PAWL_TEST_THOROUGH`): every kill with every kind of agent, and five times as many
 * histories of the model. Else each boundary, rule and race is gone through once, in minutes.
 */
export const isThorough = process.env['PAWL_TEST_THOROUGH'] !== undefined

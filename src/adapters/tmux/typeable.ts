// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/**
 * The text as it may be typed: a control character would be obeyed by the terminal or the agent, so it is written out, as
 * \u001b. Lines and tabs stay.
 */
export function toTypeable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

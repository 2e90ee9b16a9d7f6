import type { Printer } from '../terminal/printer.ts'

/** Where a server that was just started is reached, and the link that signs in a browser, on a line of its own to be clicked. */
export function printListening(
  { colors, line }: Printer,
  { url, signInUrl }: { readonly url: string; readonly signInUrl: string },
): void {
  line(`Pawl listens on ${colors.bold(url)}`)
  line(`${colors.dim('sign in once with')} ${signInUrl}`)
}

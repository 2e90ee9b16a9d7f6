import type { ServerResponse } from 'node:http'
import { respond } from '../http/respond.ts'
import type { Page } from './page.ts'

/** Sends a page with its policy, and with a cookie where one is given. */
export function respondPage(response: ServerResponse, status: number, page: Page, cookie?: string): void {
  respond(response, status, page.html, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': page.policy,
    ...(cookie && { 'set-cookie': cookie }),
  })
}

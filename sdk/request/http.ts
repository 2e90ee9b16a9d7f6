import { startOf } from '../../src/text/composeText.ts'
import type { Connection, FetchResponse } from './connection.ts'
import type { TypedDocument } from '../kit/document.ts'
import { PawlAuthError, PawlConnectionError, PawlFault, toError } from '../kit/errors.ts'
import type { GraphqlError } from '../kit/errors.ts'
import { encodeJson } from '../kit/json.ts'

/** A GraphQL response, not yet checked. */
export interface GraphqlResponse<R> {
  readonly data?: R | null
  readonly errors?: readonly GraphqlError[]
}

/**
 * Sends an operation once.
 *
 * @throws PawlConnectionError if there is no answer, PawlAuthError, or PawlFault.
 */
export async function postOperation<R, V>(
  connection: Connection,
  document: TypedDocument<R, V>,
  variables: V,
  signal: AbortSignal,
): Promise<R> {
  const response = await post(connection, encodeOperation(document, variables), ACCEPT, signal)
  return readAnswer(response)
}

/** The media types of answers that are not streams. */
export const ACCEPT = 'application/graphql-response+json, application/json'

/**
 * An operation as JSON.
 *
 * @throws PawlFault for a number that JSON cannot represent
 */
export function encodeOperation(query: string, variables: unknown): string {
  return encodeJson({ query, variables })
}

/** Statuses of servers that are starting, stopping or busy, and of the proxies in front of them. */
const TRANSIENT = [429, 502, 503, 504]

/** The data of a complete GraphQL answer; throws for its errors, and for answers that are not GraphQL. */
export async function readAnswer<R>(response: FetchResponse): Promise<R> {
  if (TRANSIENT.includes(response.status)) throw await describeTransient(response)
  const text = await readText(response)
  return readResult(parseResponse<R>(text) ?? failUnparsed(response, text), response.status)
}

/**
 * The answers to operations that were sent together, in their order. The status of the response is that of any of them; throws for an answer
 * to the request as a whole, as `readAnswer`.
 */
export async function readAnswers(
  response: FetchResponse,
  count: number,
): Promise<readonly GraphqlResponse<never>[]> {
  const text = await readText(response)
  const answers = parseJson(text)
  if (Array.isArray(answers) && answers.length === count) return answers
  const { status, url, headers } = response
  await readAnswer({ status, url, headers, body: null, text: async () => text })
  throw new PawlFault(`${url} answered ${count} operations as one`, 'UNKNOWN')
}

function readText(response: FetchResponse): Promise<string> {
  return response.text().catch((cause: unknown) => {
    throw new PawlConnectionError('The answer broke off', { cause })
  })
}

/** A server that is temporarily unavailable sends a message; a proxy only a status. */
async function describeTransient(response: FetchResponse): Promise<PawlConnectionError> {
  const { status, url } = response
  const said = parseResponse(await response.text().catch(() => ''))?.errors?.[0]?.message
  return new PawlConnectionError(said ?? `${url} answered ${status}`, { status })
}

/** Posts to the endpoint and returns the response; rejects with PawlConnectionError if there is none. */
export async function post(
  connection: Connection,
  body: string,
  accept: string,
  signal: AbortSignal,
): Promise<FetchResponse> {
  const headers = { ...(await connection.readHeaders()), 'content-type': 'application/json', accept }
  return connection
    .fetch(connection.endpoint, { method: 'POST', headers, body, signal })
    .catch((cause: unknown) => {
      throw new PawlConnectionError(`${connection.endpoint} could not be reached`, { cause })
    })
}

/** The data of a GraphQL response; throws for its errors. */
export function readResult<R>(response: GraphqlResponse<R> | undefined, status?: number): R {
  if (response?.errors) throw toError(response.errors, status)
  if (response?.data) return response.data
  throw new PawlFault('The server answered no data', 'UNKNOWN')
}

/** Throws for an answer that is not GraphQL: from a proxy, or from another kind of server. */
function failUnparsed(response: FetchResponse, text: string): never {
  const { status, url } = response
  if (status === 401) throw new PawlAuthError('The token is missing or not valid', 'UNAUTHENTICATED')
  if (status === 403) throw new PawlAuthError('The token does not allow this', 'FORBIDDEN')
  const seen = startOf(text.replace(/[\s\0]+/g, ' '), 80)
  throw new PawlFault(`${url} answered ${status} and no GraphQL: ${seen}`, `HTTP_${status}`)
}

/** Parses a GraphQL response; undefined if the text is not one. */
export function parseResponse<R>(text: string): GraphqlResponse<R> | undefined {
  const value = parseJson(text)
  const isResponse = typeof value === 'object' && value !== null && ('data' in value || 'errors' in value)
  return isResponse ? (value as GraphqlResponse<R>) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

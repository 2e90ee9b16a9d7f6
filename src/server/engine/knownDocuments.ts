import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GraphQLError } from 'graphql'
import { z } from 'zod'

/** What a request says of its document: its text, or an id by which the server knows it. */
export interface DocumentRequest {
  readonly query?: unknown
  /** As GraphQL over HTTP names persisted documents. */
  readonly documentId?: unknown
  /** With `persistedQuery.sha256Hash`, as Apollo's clients name them. */
  readonly extensions?: unknown
}

/** The documents that requests may name instead of sending their text. */
export interface KnownDocuments {
  /** Whether no other document is executed. */
  readonly areOnly: boolean
  /**
   * The text of the document that a request is for; undefined if it says nothing of one.
   *
   * @throws PERSISTED_QUERY_NOT_FOUND for an unknown id; DOCUMENT_NOT_TRUSTED for an unknown document where only known ones
   * are executed
   */
  textOf(request: DocumentRequest): string | undefined
}

/** Which documents are known. */
export interface DocumentOptions {
  /** Files of documents: that of this version, and those of clients. */
  readonly files: readonly string[]
  readonly areOnly: boolean
}

/** A file of documents can't be used; the message says why. */
class DocumentFileError extends Error {
  override readonly name = 'DocumentFileError'
}

/** Texts by id, as graphql-codegen and Relay write them; or the manifest of Apollo's clients. */
const fileSchema = z.union([
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z.record(z.string(), z.string()).transform((texts) => Object.entries(texts)),
])

const extensionsSchema = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) })

/**
 * Reads the known documents. Each is known by the id that its file gives it, and by the SHA-256 of its text.
 *
 * @throws DocumentFileError
 */
export function openKnownDocuments({ files, areOnly }: DocumentOptions): KnownDocuments {
  const texts = new Map<string, string>()
  for (const [id, text] of files.flatMap(readDocuments)) texts.set(id, text).set(hashOf(text), text)

  return {
    areOnly,
    textOf({ query, documentId, extensions }) {
      if (typeof query === 'string' && query !== '') {
        if (areOnly && !texts.has(hashOf(query))) throw notTrusted()
        return query
      }
      const id = documentId ?? extensionsSchema.safeParse(extensions).data?.persistedQuery.sha256Hash
      if (typeof id !== 'string') return undefined
      const text = texts.get(id) ?? texts.get(id.replace(/^sha256:/, ''))
      if (text === undefined) throw areOnly ? notTrusted() : notFound()
      return text
    },
  }
}

function readDocuments(file: string): readonly (readonly [id: string, text: string])[] {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'neither texts by id nor a manifest of Apollo' : String(cause)
    throw new DocumentFileError(`documentFiles: ${file} can't be used: ${why}`, { cause })
  }
}

/** The SHA-256 of a document's text in UTF-8, in hex. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The code is the one after which clients with automatic persisted queries send the text. */
function notFound(): GraphQLError {
  return refuse('PERSISTED_QUERY_NOT_FOUND', 'The server does not know a document by this id: send its text.')
}

function notTrusted(): GraphQLError {
  return refuse(
    'DOCUMENT_NOT_TRUSTED',
    'This server executes trusted documents only, and this is none of them. Add it to a file of the setting documentFiles; the documents of an SDK of another version are in schema/documents.json of that version.',
  )
}

function refuse(code: 'PERSISTED_QUERY_NOT_FOUND' | 'DOCUMENT_NOT_TRUSTED', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { spec: true, status: 400 } } })
}

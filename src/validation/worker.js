// @ts-check
import { parentPort } from 'node:worker_threads'
import addFormats from 'ajv-formats'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'

/**
 * Compiles and applies JSON Schemas away from the server's own thread: a hostile schema, pattern or document may take
 * for ever here, and is then ended with the thread. One request comes at a time; each is answered once.
 */

const OPTIONS = {
  strict: false,
  allErrors: true,
  validateFormats: true,
  logger: /** @type {false} */ (false),
}
/** @type {Map<string, import('ajv').ValidateFunction>} */
const compiled = new Map()
const KEPT = 100

/** @param {string} source */
function compile(source) {
  const known = compiled.get(source)
  if (known) return known
  const schema = JSON.parse(source)
  // nothing is ever fetched: a reference that leaves the schema can't be compiled
  const ajv = /draft-0[67]/.test(String(schema.$schema ?? '')) ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS)
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  if (compiled.size >= KEPT) compiled.clear()
  compiled.set(source, validate)
  return validate
}

/** @param {{ id: number, schema: string, document: string | null }} request */
function answer({ id, schema, document }) {
  let validate
  try {
    validate = compile(schema)
  } catch (error) {
    return { id, uncompilable: String(error instanceof Error ? error.message : error) }
  }
  if (document === null || validate(JSON.parse(document))) return { id, problems: [] }
  const problems = (validate.errors ?? []).slice(0, 100).map(({ instancePath, message, keyword }) => ({
    path: instancePath,
    message: message ?? keyword,
  }))
  return { id, problems }
}

parentPort?.on('message', (request) => {
  try {
    parentPort?.postMessage(answer(request))
  } catch (error) {
    parentPort?.postMessage({
      id: request.id,
      problems: [{ path: '', message: `can't be validated: ${String(error)}` }],
    })
  }
})

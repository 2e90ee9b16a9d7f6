import { type PreviewOptions, startPreview } from '../../../src/workspaces/preview/startPreview.ts'

/** A worker as a process of its own: starts a preview, says where it is, and waits to be ended. */
const options = JSON.parse(process.argv[2] ?? '') as PreviewOptions
const { url, pid } = await startPreview(options)
console.log(JSON.stringify({ url, pid }))
setInterval(() => undefined, 60_000)

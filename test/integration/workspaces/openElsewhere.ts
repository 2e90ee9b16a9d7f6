import { type OpenOptions, openWorkspace } from '../../../src/workspaces/place/openWorkspace.ts'

/** A worker as a process of its own: opens a workspace, prints it, and ends. */
const { isNew, ...workspace } = await openWorkspace(JSON.parse(process.argv[2] ?? '') as OpenOptions)
console.log(JSON.stringify({ isNew, ...workspace }))
workspace.close()

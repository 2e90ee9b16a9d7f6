import { type Pawl, type StartRunInput, unwrap, type WorkspaceDiffInput } from '@pawl/sdk'

/** A run that the test holds. */
export interface HeldRun {
  readonly id: string
  readonly fence: number
}

const CLAIM = { owner: 'builder-1', leaseSeconds: 600 }

/** Starts a run and claims it in the same step. */
export async function startHeld(pawl: Pawl, fields: Partial<StartRunInput> = {}): Promise<HeldRun> {
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'review', claim: CLAIM, ...fields }))
  if (!lease) throw new Error('The run was started without its claim')
  return { id: run.id, fence: lease.fence }
}

/** Starts a run that waits in the queue. */
export async function startQueued(pawl: Pawl, fields: Partial<StartRunInput> = {}): Promise<string> {
  return unwrap(await pawl.runs.start({ workflow: 'review', ...fields })).run.id
}

/** Claims a run that waits in the queue, as a worker does after a decision. */
export async function claimAgain(pawl: Pawl, runId: string): Promise<HeldRun> {
  const { lease } = unwrap(await pawl.runs.claim({ runId, ...CLAIM }))
  if (!lease) throw new Error('The claim is over already')
  return { id: runId, fence: lease.fence }
}

/** Leads a delivery to where its plan waits for a person. */
export async function awaitApproval(
  pawl: Pawl,
  { id, fence }: HeldRun,
  plan = '# Plan\n\nDo it.',
  tree?: string,
): Promise<void> {
  unwrap(await pawl.phases.start(id, 'plan', { fence }))
  unwrap(await pawl.artifacts.submit(id, 'plan', { fence, path: 'plan.md', content: plan, tree }))
}

/** Leads a delivery that stands behind its approved plan to its end. */
export async function deliver(pawl: Pawl, { id, fence }: HeldRun): Promise<void> {
  unwrap(await pawl.phases.advance(id, 'build', { fence }))
  unwrap(await pawl.artifacts.submit(id, 'build', { fence, path: 'build.json', content: '{"commit":"abc"}' }))
  unwrap(await pawl.phases.advance(id, 'verify', { fence }))
  unwrap(
    await pawl.artifacts.submit(id, 'verify', { fence, path: 'verify.json', content: '{"passed":true}' }),
  )
  unwrap(await pawl.phases.advance(id, 'done', { fence }))
  unwrap(await pawl.runs.complete(id, { fence, output: { merged: true } }))
}

/** Takes a delivery from its start to its end, with its plan approved. */
export async function deliverWhole(
  pawl: Pawl,
  title: string,
  fields: Partial<StartRunInput> = {},
): Promise<HeldRun> {
  const held = await startHeld(pawl, { workflow: 'delivery', title, ...fields })
  await awaitApproval(pawl, held)
  const { nodes } = await pawl.approvals.list({ runId: held.id })
  const { id = '', digest = '' } = nodes[0] ?? {}
  unwrap(await pawl.approvals.decide(id, { decision: 'APPROVE', digest }))
  await deliver(pawl, held)
  return held
}

/** Ends a run the way of an agent that stopped half-way. */
export async function endIncomplete(pawl: Pawl, { id, fence }: HeldRun): Promise<void> {
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  unwrap(await pawl.runs.fail(id, { fence, error: 'agent exited with 0', reason: 'INCOMPLETE' }))
}

/** What a run has changed: a changed, a renamed and a binary file. */
const DIFF: WorkspaceDiffInput = {
  head: 'abc',
  tree: 'c0ffee',
  commitsAhead: 1,
  filesChanged: 3,
  insertions: 2,
  deletions: 1,
  files: [
    { path: 'src/retry.ts', change: 'MODIFIED', insertions: 2, deletions: 1 },
    { path: 'src/new.ts', previousPath: 'src/old.ts', change: 'RENAMED', insertions: 0, deletions: 0 },
    { path: 'logo.png', change: 'ADDED' },
  ],
  patch: `diff --git a/src/retry.ts b/src/retry.ts
index 1111111..2222222 100644
--- a/src/retry.ts
+++ b/src/retry.ts
@@ -10,3 +10,4 @@
 export function retry() {
-  return once('x')
+  // three times
+  return times(3)
 }
diff --git a/src/old.ts b/src/new.ts
similarity index 100%
rename from src/old.ts
rename to src/new.ts
diff --git a/logo.png b/logo.png
new file mode 100644
index 0000000..3333333
Binary files /dev/null and b/logo.png differ
`,
}

/** Leads a delivery in a worktree to where its plan waits for a person. Nobody answers for its machine until the test does. */
export async function askInWorktree(
  pawl: Pawl,
  title: string,
  tree = DIFF.tree ?? undefined,
): Promise<HeldRun & { readonly asked: string; readonly host: string }> {
  const { id, fence } = await startHeld(pawl, { workflow: 'delivery', title })
  const host = `host of ${title}`
  const place = { host, path: `/srv/${id}`, repository: '/srv/repo', branch: `pawl/${id}` }
  unwrap(await pawl.workspaces.record(id, { fence, kind: 'WORKTREE', baseCommit: 'a1', ...place }))
  await awaitApproval(pawl, { id, fence }, undefined, tree)
  const { nodes } = await pawl.approvals.list({ runId: id })
  return { id, fence, host, asked: nodes[0]?.id ?? '' }
}

/** Answers each question for changes as the worker of the machine does, until the signal aborts. */
export async function answerDiffs(
  pawl: Pawl,
  host: string,
  signal: AbortSignal,
  onAnswer: () => void = () => {},
): Promise<void> {
  for await (const { id } of pawl.workspaces.requests(host, { signal })) {
    const { attempt } = unwrap(await pawl.workspaces.start(id, { worker: 'worker-1' })).operation
    unwrap(await pawl.workspaces.finish(id, { attempt, result: { diff: DIFF } }))
    onAnswer()
  }
}

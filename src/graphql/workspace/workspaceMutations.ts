import type { ObjectFieldBuilder } from '@pothos/core'
import { type RecordResult, recordWorkspace } from '../../commands/workspace/recordWorkspace.ts'
import {
  finishWorkspaceOperation,
  type OperationSuccess,
  reportPreview,
  requestWorkspaceOperation,
  startWorkspaceOperation,
} from '../../commands/workspace/workspaceOperations.ts'
import type { WorkspaceSuccess } from '../../commands/workspace/changeWorkspace.ts'
import { OPERATION_KINDS, REPORTED_PREVIEWS, WORKSPACE_KINDS } from '../../lifecycle/workspace/workspace.ts'
import type { SchemaTypes } from '../kit/builder.ts'
import { PreviewStatus, WorkspaceKind, WorkspaceOperationKind } from '../enums/workspaceEnums.ts'
import {
  defaulted,
  defineInput,
  flag,
  id,
  idempotencyKey,
  int,
  MAX_INT,
  name,
  required,
  requiredFence,
  nested,
  oneOf,
  runId,
  seconds,
  nonEmptyText,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { RunRef, WorkspaceOperationRef, WorkspaceRef } from '../kit/refs.ts'
import {
  DiffInput,
  ErrorInput,
  MergeInput,
  operationSeconds,
  PreviewInput,
  webAddress,
} from './workspaceInputs.ts'

const workspaceId = required(id('workspace', 'The workspace.'))
const operationId = required(id('workspaceOperation', 'The operation.'))

defineMutation('recordWorkspace', {
  description:
    'Records the directory that a run works in, once. A run keeps its workspace for as long as that is there: where it has one, that is the answer, and its host and path say whether you can work there. The same directory of several runs is one workspace.',
  input: defineInput('RecordWorkspaceInput', 'The directory that a run works in.', {
    runId,
    host: required(name('The machine, by an id that its worker chooses and keeps.')),
    kind: required(oneOf(WorkspaceKind, WORKSPACE_KINDS, 'What the directory is.')),
    path: required(nonEmptyText(4_096, 'Its absolute path on the machine.')),
    repository: nonEmptyText(4_096, 'The repository that it is a worktree of. Needed for a WORKTREE.'),
    branch: name('The branch that the work is on. Needed for a WORKTREE.', 512),
    baseCommit: name('The commit that the work began at. For a WORKTREE, and needed there.'),
    fence: requiredFence,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => recordWorkspace(commands, caller, input),
  success: (t: ObjectFieldBuilder<SchemaTypes, Extract<RecordResult, { ok: true }>>) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace of the run.',
      resolve: ({ workspace }) => workspace,
    }),
    run: t.field({ type: RunRef, description: 'The run, unchanged.', resolve: ({ run }) => run }),
    created: t.exposeBoolean('created', {
      description: 'Whether the workspace is new: false where the run, or the directory, had one.',
    }),
    replayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

/** The fields of a success about an operation. */
function operationSuccessFields(t: ObjectFieldBuilder<SchemaTypes, OperationSuccess>) {
  return {
    operation: t.field({
      type: WorkspaceOperationRef,
      description: 'The operation as it is now.',
      resolve: ({ operation }) => ({ operation }),
    }),
    workspace: t.field({
      type: WorkspaceRef,
      description: 'Its workspace as it is now.',
      resolve: ({ workspace }) => workspace,
    }),
    replayed: t.exposeBoolean('replayed', REPLAYED),
  }
}

defineMutation('requestWorkspaceOperation', {
  description:
    'Asks the worker of a machine to do something with a workspace. Asked for twice, it is done once: the operation in flight is the answer, with force where either asked for that before it was started.',
  input: defineInput('RequestWorkspaceOperationInput', 'What to do with a workspace.', {
    workspaceId,
    kind: required(oneOf(WorkspaceOperationKind, OPERATION_KINDS, 'What to do.')),
    force: defaulted(flag('Do it in any case: of a REMOVE, also where work is lost by it.'), false),
    expiresInSeconds: seconds(
      'After how many seconds it is given up, where no worker has started it; left out: it stands until it is done.',
    ),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => requestWorkspaceOperation(commands, caller, input),
  success: operationSuccessFields,
})

defineMutation('startWorkspaceOperation', {
  description:
    'Takes up an operation, for the worker of the machine: among those that try at once, one does. It may be started again by another when its deadline has passed, three times in all.',
  input: defineInput('StartWorkspaceOperationInput', 'An operation to take up.', {
    operationId,
    worker: required(name('Who does it.')),
    leaseSeconds: operationSeconds,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => startWorkspaceOperation(commands, caller, input),
  success: operationSuccessFields,
})

defineMutation('finishWorkspaceOperation', {
  description:
    'Ends an operation that you started: with an error, or with the field of its kind (DIFF: diff, MERGE: merge, START_PREVIEW: preview; the others have none).',
  input: defineInput('FinishWorkspaceOperationInput', 'How an operation ended.', {
    operationId,
    attempt: required(int(1, MAX_INT, 'The attempt that you started.')),
    diff: nested(DiffInput, 'What a DIFF found.'),
    merge: nested(MergeInput, 'What a MERGE made.'),
    preview: nested(PreviewInput, 'What a START_PREVIEW made.'),
    error: nested(ErrorInput, 'Why it failed; left out: it succeeded.'),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => finishWorkspaceOperation(commands, caller, input),
  success: operationSuccessFields,
})

defineMutation('reportPreview', {
  description:
    'Tells what became of a preview outside of any operation, for the worker of the machine: it stopped by itself, is up again under another URL, or was found gone after a restart.',
  input: defineInput('ReportPreviewInput', 'What became of a preview.', {
    workspaceId,
    status: required(oneOf(PreviewStatus, REPORTED_PREVIEWS, 'How it stands: STOPPED, RUNNING or FAILED.')),
    url: webAddress('Where it is seen, while RUNNING: an address of http or https.'),
    error: nested(ErrorInput, 'Why it FAILED.'),
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => reportPreview(commands, caller, input),
  success: (t: ObjectFieldBuilder<SchemaTypes, WorkspaceSuccess>) => ({
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace as it is now.',
      resolve: ({ workspace }) => workspace,
    }),
    replayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})

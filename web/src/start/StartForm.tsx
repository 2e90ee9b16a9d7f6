import type { RunDetail, Workflow } from '@pawl/sdk'
import { isSuccess } from '@pawl/sdk'
import { useAction, usePawl } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { navigate } from '../elements/address.ts'
import { Link } from '../elements/Link.tsx'
import { Problem } from '../elements/Problem.tsx'
import { InputField } from './InputField.tsx'
import { findInputFields, readInput } from './inputFields.ts'
import { fieldText, type SchemaField } from './schemaFields.ts'

interface StartFormProps {
  /** The workflows that may be started, every version. */
  readonly workflows: readonly Workflow[]
  /** Name of the workflow that is chosen first. */
  readonly workflow: string | undefined
  /** A run whose fields are filled in. */
  readonly from: RunDetail | undefined
  /** Whether the new run continues it. */
  readonly isContinuing: boolean
}

/** A form that starts a run, and goes to its page. */
export function StartForm({ workflows, workflow, from, isContinuing }: StartFormProps) {
  const names = [...new Set(workflows.map(({ name }) => name))]
  const [name, setName] = useState(from?.workflow.name ?? workflow ?? names[0] ?? '')
  const [title, setTitle] = useState(from?.title ?? '')
  const [labels, setLabels] = useState(from?.labels.join(' ') ?? '')
  const [project, setProject] = useState(from?.project ?? '')
  const fields = useInputFields(name)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [json, setJson] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const start = useAction((pawl, input: Parameters<typeof pawl.runs.start>[0]) => pawl.runs.start(input))
  const texts = textsOf(fields, typed, from)
  const rest = json ?? restOf(from, fields)
  const submit = async () => {
    const read = readInput(fields, texts, rest)
    setProblem(read.ok ? undefined : read.problem)
    if (!read.ok) return
    const result = await start.send({
      workflow: name,
      ...(title.trim() && { title: title.trim() }),
      ...(read.input !== undefined && { input: read.input }),
      ...(labels.trim() && { labels: labels.trim().split(/\s+/) }),
      ...(project.trim() && { project: project.trim() }),
      ...(isContinuing && from && { continuesRunId: from.id }),
    })
    if (result && isSuccess(result)) navigate(`/runs/${result.run.id}`)
  }
  return (
    <form
      className="panel pane start-form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {from && (
        <p>
          {isContinuing ? 'Continues ' : 'The same again as '}
          <Link to={`/runs/${from.id}`}>{from.title ?? from.id}</Link>
          {isContinuing && ': its rounds are counted on, and its workspace is used again.'}
        </p>
      )}
      <label className="field">
        Workflow
        <select
          value={name}
          disabled={isContinuing}
          onChange={({ target }) => setName(target.value)}
          required
        >
          {(names.includes(name) || name === '' ? names : [name, ...names]).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label className="field">
        Title
        <input value={title} maxLength={200} onChange={({ target }) => setTitle(target.value)} />
      </label>
      {fields.map((field) => (
        <InputField
          key={field.name}
          field={field}
          text={texts[field.name] ?? ''}
          onChange={(text) => setTyped((before) => ({ ...before, [field.name]: text }))}
        />
      ))}
      <label className="field">
        {fields.length > 0 ? 'More of the input, as JSON' : 'Input, as JSON'}
        <textarea
          className="mono"
          rows={rest.includes('\n') ? 6 : 2}
          value={rest}
          placeholder='{"pr": 7}'
          spellCheck={false}
          onChange={({ target }) => setJson(target.value)}
        />
      </label>
      <div className="start-line">
        <label className="field">
          Labels, with spaces between them
          <input value={labels} onChange={({ target }) => setLabels(target.value)} />
        </label>
        <label className="field">
          Project
          <input
            value={project}
            placeholder="default"
            disabled={isContinuing}
            onChange={({ target }) => setProject(target.value)}
          />
        </label>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <Problem problem={start.problem} error={start.error} />
      <div className="actions-row">
        <ActionButton look="button-main" type="submit" isPending={start.isPending} disabled={name === ''}>
          {isContinuing ? 'Continue it' : 'Start the run'}
        </ActionButton>
        <span className="soft">It waits in the queue until a worker takes it.</span>
      </div>
    </form>
  )
}

/** The fields of the input of the newest version. */
function useInputFields(name: string): readonly SchemaField[] {
  const pawl = usePawl()
  const [fields, setFields] = useState<readonly SchemaField[]>([])
  useEffect(() => {
    if (name === '') return
    const controller = new AbortController()
    pawl.workflows
      .get(name, { signal: controller.signal })
      .then((workflow) => setFields(findInputFields(workflow?.definition)))
      // The input can be typed as JSON.
      .catch(() => {})
    return () => controller.abort()
  }, [pawl, name])
  return fields
}

/** What the fields of the form hold: what was typed, else the input of the run that is started again. */
function textsOf(
  fields: readonly SchemaField[],
  typed: Readonly<Record<string, string>>,
  from: RunDetail | undefined,
): Readonly<Record<string, string>> {
  const { input } = from ?? {}
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  const known = new Map(isObject ? Object.entries(input) : [])
  return Object.fromEntries(
    fields.map((field) => [field.name, typed[field.name] ?? fieldText(field, known.get(field.name)) ?? '']),
  )
}

/** The input of a run without the fields that the form has, as JSON. */
function restOf(from: RunDetail | undefined, fields: readonly SchemaField[]): string {
  const { input } = from ?? {}
  if (input === undefined || input === null) return ''
  if (typeof input !== 'object' || Array.isArray(input)) return JSON.stringify(input, null, 2)
  const rest = Object.entries(input).filter(
    ([name, value]) => !fields.some((field) => field.name === name && fieldText(field, value) !== undefined),
  )
  return rest.length === 0 ? '' : JSON.stringify(Object.fromEntries(rest), null, 2)
}

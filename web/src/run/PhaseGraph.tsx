import type { Phase, RunDetail } from '@pawl/sdk'
import { useMemo } from 'react'
import { composeText } from '../../../src/text/composeText.ts'
import { Shape } from '../elements/Shape.tsx'
import { useWidth } from '../elements/useWidth.ts'
import { PHASE_STATUS } from '../elements/words.ts'
import { layoutGraph, NODE } from './layoutGraph.ts'

interface PhaseGraphProps {
  readonly workflow: RunDetail['workflow']
  /** The phases of the shown round. */
  readonly phases: readonly Phase[]
  /** Key of the current phase; undefined for an earlier round, or if the run is final. */
  readonly current: string | undefined
  /** Whether the run can advance from it. */
  readonly isOpen: boolean
  /** Whether the phases are stale: the run has a later revision. */
  readonly isOld: boolean
}

/** The workflow as a graph, with the status of each phase and the phases that may follow. */
export function PhaseGraph({ workflow, phases, current, isOpen, isOld }: PhaseGraphProps) {
  const [width, measure] = useWidth()
  const byKey = useMemo(() => new Map(phases.map((phase) => [phase.key, phase])), [phases])
  const initial = phases[0]?.key ?? workflow.phases[0]?.key ?? ''
  const layout = useMemo(
    () => layoutGraph(workflow.phases, initial, width),
    [workflow.phases, initial, width],
  )
  const reachable = new Set(current !== undefined && isOpen ? byKey.get(current)?.nextPhases : [])
  return (
    <div className="graph" ref={measure}>
      {width > 0 && (
        <svg
          width={layout.width}
          height={layout.height}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          aria-hidden="true"
        >
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0.500 7.500 4 0 7.500z" className="graph-arrow" />
            </marker>
          </defs>
          {layout.edges.map(({ from, to, path, isBack }) => (
            <path
              key={`${from} ${to}`}
              d={path}
              markerEnd="url(#arrow)"
              className={[
                'graph-edge',
                isBack ? 'graph-edge-back' : '',
                from === current && reachable.has(to) ? 'graph-edge-open' : '',
              ].join(' ')}
            />
          ))}
          {layout.nodes.map(({ key, x, y }) => (
            <Node
              key={key}
              name={key}
              phase={byKey.get(key)}
              x={x}
              y={y}
              isCurrent={key === current}
              isReachable={reachable.has(key)}
              isOld={isOld}
            />
          ))}
        </svg>
      )}
      <ol className="hidden">
        {phases.map(({ key, status, attempts }) => (
          <li key={key}>
            {key}: {PHASE_STATUS[status].label}
            {attempts > 1 && `, ${attempts} attempts`}
            {key === current && ', the run stands here'}
            {reachable.has(key) && ', may follow'}
          </li>
        ))}
      </ol>
    </div>
  )
}

interface NodeProps {
  readonly name: string
  readonly phase: Phase | undefined
  readonly x: number
  readonly y: number
  readonly isCurrent: boolean
  readonly isReachable: boolean
  readonly isOld: boolean
}

function Node({ name, phase, x, y, isCurrent, isReachable, isOld }: NodeProps) {
  const word = PHASE_STATUS[phase?.status ?? 'PENDING']
  // A stale phase is not shown as running.
  const tone = isOld && (word.tone === 'live' || word.tone === 'ask') ? 'quiet' : word.tone
  const attempts = phase && phase.attempts > 1 ? ` ×${phase.attempts}` : ''
  const note =
    isOld && tone !== word.tone ? 'being read' : isReachable ? 'may follow' : word.label.toLowerCase()
  const role = phase?.role ? ` · ${phase.role}` : ''
  return (
    <g
      className={`graph-node tone-${tone}${isCurrent ? ' graph-current' : ''}${isReachable ? ' graph-open' : ''}`}
      transform={`translate(${x - NODE.width / 2} ${y - NODE.height / 2})`}
      data-phase={name}
      data-phase-status={isOld && tone !== word.tone ? undefined : phase?.status}
    >
      <title>{`${name}: ${word.label}${attempts}${phase?.error ? `. ${phase.error.message}` : ''}`}</title>
      <rect width={NODE.width} height={NODE.height} rx="9" />
      <g transform="translate(10 9)">
        <Shape tone={tone} />
      </g>
      <text x="32" y="21.500" className="graph-name">
        {composeText(name, { max: 15 })}
        {attempts}
      </text>
      <text x="12" y="40" className="graph-note">
        {composeText(`${note}${role}`, { max: 23 })}
      </text>
    </g>
  )
}

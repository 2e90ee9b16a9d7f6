import { useMemo, useState, useSyncExternalStore } from 'react'
import { buildTree } from './buildTree.ts'
import type { TreeNode } from './buildTree.ts'
import { Counts } from './Counts.tsx'
import { DiffFileView } from './DiffFileView.tsx'
import type { Commenting } from './feedback.ts'
import type { DiffFile } from './parseDiff.ts'
import { useViewed } from './viewed.ts'

interface DiffViewProps {
  readonly files: readonly DiffFile[]
  /** What the viewed marks belong to: the run. */
  readonly scope: string
  /** Allows comments on lines. */
  readonly commenting?: Commenting | undefined
}

type Layout = 'unified' | 'split'

/** Where the viewer's choice of the layout is kept. */
const KEY = 'pawl.diff'
/** A split view needs this width. */
const WIDE = '(min-width: 60rem)'
/** Files are open at first until this many lines are shown. */
const MAX_OPEN_LINES = 1_500

/** The changes of some files: listed as a tree, each one folded or open, unified or side by side. */
export function DiffView({ files, scope, commenting }: DiffViewProps) {
  const viewed = useViewed(scope)
  const isWide = useMedia(WIDE)
  const [chosen, setChosen] = useState<Layout>(() =>
    localStorage.getItem(KEY) === 'split' ? 'split' : 'unified',
  )
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map())
  const opened = useMemo(() => chooseOpen(files), [files])
  const tree = useMemo(() => buildTree(files.map(({ path }) => path)), [files])
  const byPath = useMemo(() => new Map(files.map((file) => [file.path, file])), [files])
  const isOpen = (file: DiffFile) => turned.get(file.path) ?? (opened.has(file.path) && !viewed.has(file))
  const turn = (path: string, isOpen: boolean) => setTurned((before) => new Map(before).set(path, isOpen))
  const choose = (layout: Layout) => {
    localStorage.setItem(KEY, layout)
    setChosen(layout)
  }
  const goTo = (path: string) => {
    turn(path, true)
    requestAnimationFrame(() => {
      const target = document.getElementById(idOf(scope, path))
      target?.scrollIntoView({ block: 'start' })
      target?.querySelector<HTMLElement>('button')?.focus({ preventScroll: true })
    })
  }
  const done = files.filter((file) => viewed.has(file)).length
  return (
    <div className="diff-view">
      <div className="pane-head">
        {isWide && (
          <fieldset className="chips">
            <legend className="hidden">Layout of the changes</legend>
            {(['unified', 'split'] as const).map((layout) => (
              <button
                key={layout}
                type="button"
                className="chip"
                aria-pressed={chosen === layout}
                onClick={() => choose(layout)}
              >
                {layout === 'unified' ? 'Unified' : 'Split'}
              </button>
            ))}
          </fieldset>
        )}
        <span className="soft" role="status">
          {done} of {files.length} {files.length === 1 ? 'file' : 'files'} viewed
        </span>
      </div>
      {files.length > 1 && (
        <nav aria-label="Changed files" className="diff-tree">
          <Tree nodes={tree} byPath={byPath} isViewed={viewed.has} onChoose={goTo} />
        </nav>
      )}
      {files.map((file) => (
        <DiffFileView
          key={file.path}
          id={idOf(scope, file.path)}
          file={file}
          isSplit={isWide && chosen === 'split'}
          isOpen={isOpen(file)}
          isViewed={viewed.has(file)}
          commenting={commenting}
          onTurn={() => turn(file.path, !isOpen(file))}
          onView={() => {
            turn(file.path, viewed.has(file))
            viewed.toggle(file)
          }}
        />
      ))}
    </div>
  )
}

interface TreeProps {
  readonly nodes: readonly TreeNode[]
  readonly byPath: ReadonlyMap<string, DiffFile>
  readonly isViewed: (file: DiffFile) => boolean
  readonly onChoose: (path: string) => void
}

function Tree({ nodes, byPath, isViewed, onChoose }: TreeProps) {
  return (
    <ul>
      {nodes.map(({ name, path, children }) => {
        const file = path === undefined ? undefined : byPath.get(path)
        if (path === undefined || !file)
          return (
            <li key={`${name}/`}>
              <span className="soft">{name}/</span>
              <Tree nodes={children} byPath={byPath} isViewed={isViewed} onChoose={onChoose} />
            </li>
          )
        return (
          <li key={path}>
            <button type="button" className="diff-tree-file" onClick={() => onChoose(path)}>
              <span aria-hidden="true">{isViewed(file) ? '✓' : MARK[file.change]}</span>
              <span>{name}</span>
              <Counts file={file} />
              {isViewed(file) && <span className="hidden"> viewed</span>}
            </button>
          </li>
        )
      })}
    </ul>
  )
}

const MARK: Readonly<Record<DiffFile['change'], string>> = {
  added: '+',
  modified: '•',
  deleted: '−',
  renamed: '→',
}

function idOf(scope: string, path: string): string {
  return `diff-${scope}-${path}`
}

function chooseOpen(files: readonly DiffFile[]): ReadonlySet<string> {
  let left = MAX_OPEN_LINES
  const open = new Set<string>()
  for (const { path, hunks } of files) {
    const lines = hunks.reduce((sum, { rows }) => sum + rows.length, 0)
    if (lines > left) continue
    left -= lines
    open.add(path)
  }
  return open
}

function useMedia(query: string): boolean {
  const [media] = useState(() => matchMedia(query))
  return useSyncExternalStore(
    (listener) => {
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => media.matches,
  )
}

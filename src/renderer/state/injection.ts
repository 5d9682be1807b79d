import { inject, type InjectionKey } from 'vue'
import type { StudyState } from './study'
import type { StudyView } from './view'
import type { Workspace } from './workspace'
import type { Sheets } from './sheets'

export const WORKSPACE: InjectionKey<Workspace> = Symbol('workspace')
export const STUDY: InjectionKey<StudyState> = Symbol('study')
export const VIEW: InjectionKey<StudyView> = Symbol('view')
export const SHEETS: InjectionKey<Sheets> = Symbol('sheets')

function required<T>(key: InjectionKey<T>): T {
  const value = inject(key)
  if (value === undefined) throw new Error(`Nothing provides “${String(key.description)}” here.`)
  return value
}

export const useWorkspace = (): Workspace => required(WORKSPACE)
export const useStudy = (): StudyState => required(STUDY)
export const useView = (): StudyView => required(VIEW)
export const useSheets = (): Sheets => required(SHEETS)

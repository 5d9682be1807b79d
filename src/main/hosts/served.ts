import type { Context, Router } from '@orpc/server'
import type { Contract } from '@shared/contract'

/** As much of the application as a carrier needs to serve it. */
export interface ServedApplication {
  /** Implements the contract; its handlers need no context. */
  readonly router: Router<Contract, Context>
  /** Where uploaded files go. */
  readonly uploadsFolder: string
}

import { z } from 'zod'

/** Execution providers of the runtime, as it names them. */
export const PROVIDERS = ['cuda', 'webgpu', 'dml', 'coreml', 'cpu'] as const
export const providerSchema = z.enum(PROVIDERS)
export type Provider = z.infer<typeof providerSchema>

/** What can be asked for; auto is the fastest that works. */
export const DEVICES = ['auto', ...PROVIDERS] as const
export const deviceSchema = z.enum(DEVICES)
export type Device = z.infer<typeof deviceSchema>

/** Of the runtime: its JavaScript, and its binding with the native library. */
export const runtimeVersionsSchema = z.object({ common: z.string(), node: z.string() })
export type RuntimeVersions = z.infer<typeof runtimeVersionsSchema>

/** How a small convolutional network went on a provider. */
export const probeResultSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** Largest absolute difference of its outputs, which are about 1 in size, to those of the processor. */
    difference: z.number(),
    imagesPerSecond: z.number(),
    /** Whether outputs can stay in its memory and go into further sessions from there. */
    outputsStay: z.boolean(),
    /** Whether it computes in float16. */
    float16: z.boolean(),
    versions: runtimeVersionsSchema
  }),
  z.object({
    ok: z.literal(false),
    /** In short words, with the runtime's own quoted. */
    reason: z.string(),
    /** What to do about it, where anything can be. */
    fix: z.string().nullable(),
    versions: runtimeVersionsSchema
  })
])
export type ProbeResult = z.infer<typeof probeResultSchema>

export const deviceReportSchema = z.object({
  device: providerSchema,
  /** It runs a network and agrees with the processor. */
  works: z.boolean(),
  /** Why it does not work. */
  reason: z.string().nullable(),
  fix: z.string().nullable(),
  /** Of the network that is run to try it; tells devices apart, and nothing of other networks. */
  imagesPerSecond: z.number().nullable(),
  /** That, as a multiple of the processor's. */
  speed: z.number().nullable(),
  /** Largest absolute difference to the processor's outputs. */
  difference: z.number().nullable(),
  /** Whether a session's outputs can stay in its memory, for another session. */
  outputsStay: z.boolean(),
  /** Whether it computes in float16. */
  float16: z.boolean(),
  /** Name of the graphics adapter or processor, where it can be had. */
  adapter: z.string().nullable(),
  /** Of the runtime. */
  version: z.string().nullable()
})
export type DeviceReport = z.infer<typeof deviceReportSchema>

/** Where a run computes. */
export const resolvedDeviceSchema = z.object({
  provider: providerSchema,
  /** What the user should know of the choice, e.g. of a graphics adapter that is there and fails. */
  note: z.string().nullable()
})
export type ResolvedDevice = z.infer<typeof resolvedDeviceSchema>

export const deviceListSchema = z.object({
  devices: z.array(deviceReportSchema),
  /** What auto takes. */
  auto: resolvedDeviceSchema
})
export type DeviceList = z.infer<typeof deviceListSchema>

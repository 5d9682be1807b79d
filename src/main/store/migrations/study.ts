/** Number 1: a study. */
export const STUDY = `
CREATE TABLE study (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  created_at TEXT NOT NULL,
  sample INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE model (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  attributes TEXT NOT NULL,
  path TEXT NOT NULL,
  -- From the study's folder; null where there is no such path (another drive).
  relative_path TEXT,
  hash TEXT NOT NULL,
  -- Names how the file is read: architecture chosen, mean, std. With the hash, it determines the network.
  treatment TEXT NOT NULL,
  -- Everything else that the interface shows of a model, JSON.
  description TEXT NOT NULL,
  UNIQUE (hash, treatment)
) STRICT;

CREATE TABLE evaluation (
  -- SHA-256 over the pixels' hash and the labels.
  key TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  -- int32 little endian, one per image; null where there are none.
  labels BLOB,
  -- Relative paths in evaluation order, JSON.
  files TEXT NOT NULL,
  current INTEGER NOT NULL
) STRICT;

-- Everything that determines a result but layer and trial.
CREATE TABLE configuration (
  id INTEGER PRIMARY KEY,
  model_hash TEXT NOT NULL,
  treatment TEXT NOT NULL,
  evaluation TEXT NOT NULL,
  preparation TEXT NOT NULL,
  images INTEGER NOT NULL,
  unit TEXT NOT NULL,
  perturbation TEXT NOT NULL,
  -- Content hash of a second checkpoint; empty without one.
  perturbation_hash TEXT NOT NULL,
  -- As resolved for the model, and as asked for.
  scheme TEXT NOT NULL,
  requested_scheme TEXT NOT NULL,
  seed INTEGER NOT NULL,
  precision TEXT NOT NULL,
  provider TEXT NOT NULL,
  original_top1 REAL,
  original_top5 REAL,
  original_loss REAL,
  versions TEXT NOT NULL,
  UNIQUE (model_hash, treatment, evaluation, preparation, images, unit, perturbation, perturbation_hash, scheme,
          seed, precision, provider)
) STRICT;

CREATE TABLE measurement (
  id INTEGER PRIMARY KEY,
  configuration INTEGER NOT NULL REFERENCES configuration (id),
  layer TEXT NOT NULL,
  trial INTEGER NOT NULL,
  metrics TEXT NOT NULL,
  -- Cosine distance per image, float32 little endian, in evaluation order.
  distances BLOB NOT NULL,
  seconds REAL NOT NULL,
  measured_at TEXT NOT NULL,
  UNIQUE (configuration, layer, trial)
) STRICT;

-- What the charts need of all trials of a layer, kept up to date with each new trial.
CREATE TABLE cell (
  configuration INTEGER NOT NULL REFERENCES configuration (id),
  layer TEXT NOT NULL,
  mean REAL NOT NULL,
  std REAL,
  standard_error REAL,
  trials INTEGER NOT NULL,
  PRIMARY KEY (configuration, layer)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at TEXT NOT NULL,
  finished_at TEXT,
  -- The process that works on it and when it was last heard of, host:number:milliseconds.
  owner TEXT,
  progress TEXT NOT NULL,
  failures TEXT NOT NULL,
  notes TEXT NOT NULL
) STRICT;
`

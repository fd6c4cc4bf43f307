BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE artifacts (
	experiment_key INTEGER NOT NULL, 
	path VARCHAR(1024) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	step BIGINT, 
	size_bytes BIGINT, 
	time DOUBLE NOT NULL, 
	CONSTRAINT pk_artifacts PRIMARY KEY (experiment_key, path), 
	CONSTRAINT fk_artifacts_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "artifacts" VALUES(1,'checkpoint-1','checkpoint',1,10,1700000021.0);
INSERT INTO "artifacts" VALUES(2,'checkpoint-1','checkpoint',1,10,1700000021.0);
CREATE TABLE environment (
	"key" INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	content JSON NOT NULL, 
	CONSTRAINT pk_environment PRIMARY KEY ("key"), 
	CONSTRAINT uq_environment_digest UNIQUE (digest)
);
INSERT INTO "environment" VALUES(1,'95aa2ab9c89304e18a8155140ca9982b3b03b45b6db768bd89986090f7753dce','{"python": "3.11"}');
INSERT INTO "environment" VALUES(2,'c7829bd0bf18302883d96cef086f7e31a94d9f8472abaf485aecf04eb8b1e829','{"commit": "abc", "dirty": false}');
CREATE TABLE evaluation_metrics (
	evaluation_key INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	value DOUBLE NOT NULL, 
	CONSTRAINT pk_evaluation_metrics PRIMARY KEY (evaluation_key, name), 
	CONSTRAINT fk_evaluation_metrics_evaluation_key FOREIGN KEY(evaluation_key) REFERENCES evaluations ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "evaluation_metrics" VALUES(1,'acc',0.5);
INSERT INTO "evaluation_metrics" VALUES(2,'acc',0.5);
CREATE TABLE evaluations (
	"key" INTEGER NOT NULL, 
	experiment_key INTEGER NOT NULL, 
	benchmark VARCHAR(255) NOT NULL, 
	time DOUBLE NOT NULL, 
	num_samples INTEGER NOT NULL, 
	samples_file TEXT, 
	"indexed" BOOLEAN NOT NULL, 
	CONSTRAINT pk_evaluations PRIMARY KEY ("key"), 
	CONSTRAINT fk_evaluations_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
);
INSERT INTO "evaluations" VALUES(1,1,'demo',1700000005.0,2,'evaluations/demo.jsonl',1);
INSERT INTO "evaluations" VALUES(2,2,'demo',1700001005.0,2,'evaluations/demo.jsonl',1);
CREATE TABLE events (
	experiment_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	time DOUBLE NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	content JSON NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (experiment_key, position), 
	CONSTRAINT fk_events_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "events" VALUES(1,0,1700000000.0,'started','{"host": "elsewhere", "pid": 1, "user": "me", "command": "python train.py"}');
INSERT INTO "events" VALUES(1,1,1700000005.0,'evaluation','{"benchmark": "demo", "metrics": {"acc": 0.5}, "num_samples": 2, "samples_file": "evaluations/demo.jsonl"}');
INSERT INTO "events" VALUES(1,2,1700000010.0,'finished','{"status": "completed"}');
INSERT INTO "events" VALUES(1,3,1700000020.0,'tags','{"add": ["paper"]}');
INSERT INTO "events" VALUES(1,4,1700000021.0,'artifact','{"path": "checkpoint-1", "kind": "checkpoint", "step": 1, "size_bytes": 10}');
INSERT INTO "events" VALUES(1,5,1700000022.0,'results','{"metrics": {"f1": 80.5}, "primary_metric": "f1"}');
INSERT INTO "events" VALUES(2,0,1700001000.0,'started','{"host": "elsewhere", "pid": 1, "user": "me", "command": "python train.py"}');
INSERT INTO "events" VALUES(2,1,1700001005.0,'evaluation','{"benchmark": "demo", "metrics": {"acc": 0.5}, "num_samples": 2, "samples_file": "evaluations/demo.jsonl"}');
INSERT INTO "events" VALUES(2,2,1700001010.0,'finished','{"status": "completed"}');
INSERT INTO "events" VALUES(2,3,1700000020.0,'tags','{"add": ["paper"]}');
INSERT INTO "events" VALUES(2,4,1700000021.0,'artifact','{"path": "checkpoint-1", "kind": "checkpoint", "step": 1, "size_bytes": 10}');
INSERT INTO "events" VALUES(2,5,1700000022.0,'results','{"metrics": {"f1": 80.5}, "primary_metric": "f1"}');
CREATE TABLE experiments (
	"key" INTEGER NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	status_reason TEXT NOT NULL, 
	variant VARCHAR(255) NOT NULL, 
	seed BIGINT, 
	group_key VARCHAR(12) NOT NULL, 
	created_at DOUBLE NOT NULL, 
	started_at DOUBLE, 
	finished_at DOUBLE, 
	duration_seconds DOUBLE, 
	num_runs INTEGER NOT NULL, 
	gpus INTEGER NOT NULL, 
	folder TEXT NOT NULL, 
	folder_host VARCHAR(255) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	user VARCHAR(255) NOT NULL, 
	notes TEXT NOT NULL, 
	primary_metric VARCHAR(255), 
	error TEXT, 
	config JSON NOT NULL, 
	environment_key INTEGER, 
	code_key INTEGER, 
	disk_bytes BIGINT, 
	fingerprint VARCHAR(64) NOT NULL, 
	metrics_offset BIGINT NOT NULL, 
	metrics_lines BIGINT NOT NULL, 
	metrics_tail VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_experiments PRIMARY KEY ("key"), 
	CONSTRAINT fk_experiments_code_key FOREIGN KEY(code_key) REFERENCES environment ("key"), 
	CONSTRAINT fk_experiments_environment_key FOREIGN KEY(environment_key) REFERENCES environment ("key"), 
	CONSTRAINT uq_experiments_id UNIQUE (id)
);
INSERT INTO "experiments" VALUES(1,'exp_20260101_000000_000000','run_seed0','completed','','run',0,'e8e66bd3550b',1700000000.0,1700000000.0,1700000010.0,10.0,1,0,'/experiments/exp_20260101_000000_000000','somewhere','elsewhere','me','','f1',NULL,'{"training": {"learning_rate": 0.0001}, "seed": 0}',1,2,1243,'fc0a4dd5f9c9115936f2bb295f39313188e9163432d98dedb0151917a93ae7af',274,4,'0c82f2544a35a434');
INSERT INTO "experiments" VALUES(2,'exp_20260101_000000_000001','run_seed1','completed','','run',1,'e8e66bd3550b',1700001000.0,1700001000.0,1700001010.0,10.0,1,0,'/experiments/exp_20260101_000000_000001','somewhere','elsewhere','me','','f1',NULL,'{"training": {"learning_rate": 0.0001}, "seed": 1}',1,2,1243,'4c337ba2fee857bf3f011b3096baf368fe1ebf6974b50419c2475e8e8d7e0621',274,4,'0c82f2544a35a434');
CREATE TABLE final_metrics (
	experiment_key INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	value DOUBLE, 
	minimum DOUBLE, 
	maximum DOUBLE, 
	step BIGINT, 
	is_result BOOLEAN NOT NULL, 
	CONSTRAINT pk_final_metrics PRIMARY KEY (experiment_key, name), 
	CONSTRAINT fk_final_metrics_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "final_metrics" VALUES(1,'eval/f1',0.5,0.5,1.0,2,0);
INSERT INTO "final_metrics" VALUES(1,'f1',80.5,80.5,80.5,NULL,1);
INSERT INTO "final_metrics" VALUES(1,'train/loss',0.5,0.5,1.0,2,0);
INSERT INTO "final_metrics" VALUES(2,'eval/f1',0.5,0.5,1.0,2,0);
INSERT INTO "final_metrics" VALUES(2,'f1',80.5,80.5,80.5,NULL,1);
INSERT INTO "final_metrics" VALUES(2,'train/loss',0.5,0.5,1.0,2,0);
CREATE TABLE metric_names (
	"key" INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_metric_names PRIMARY KEY ("key"), 
	CONSTRAINT uq_metric_names_name UNIQUE (name)
);
INSERT INTO "metric_names" VALUES(1,'eval/f1');
INSERT INTO "metric_names" VALUES(2,'train/loss');
CREATE TABLE metrics (
	experiment_key INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	name_key INTEGER NOT NULL, 
	step BIGINT NOT NULL, 
	time DOUBLE NOT NULL, 
	value DOUBLE, 
	CONSTRAINT pk_metrics PRIMARY KEY (experiment_key, position), 
	CONSTRAINT fk_metrics_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE, 
	CONSTRAINT fk_metrics_name_key FOREIGN KEY(name_key) REFERENCES metric_names ("key")
)
 WITHOUT ROWID

;
INSERT INTO "metrics" VALUES(1,0,2,1,1700000001.0,1.0);
INSERT INTO "metrics" VALUES(1,1,1,1,1700000001.0,1.0);
INSERT INTO "metrics" VALUES(1,2,2,2,1700000002.0,0.5);
INSERT INTO "metrics" VALUES(1,3,1,2,1700000002.0,0.5);
INSERT INTO "metrics" VALUES(2,0,2,1,1700000001.0,1.0);
INSERT INTO "metrics" VALUES(2,1,1,1,1700000001.0,1.0);
INSERT INTO "metrics" VALUES(2,2,2,2,1700000002.0,0.5);
INSERT INTO "metrics" VALUES(2,3,1,2,1700000002.0,0.5);
CREATE TABLE params (
	experiment_key INTEGER NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	number DOUBLE, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_params PRIMARY KEY (experiment_key, name), 
	CONSTRAINT fk_params_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "params" VALUES(1,'seed','int',0.0,'0');
INSERT INTO "params" VALUES(1,'training.learning_rate','float',0.0001,'0.0001');
INSERT INTO "params" VALUES(2,'seed','int',1.0,'1');
INSERT INTO "params" VALUES(2,'training.learning_rate','float',0.0001,'0.0001');
CREATE TABLE per_sample_results (
	evaluation_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	sample_id VARCHAR(255) NOT NULL, 
	score DOUBLE, 
	content JSON NOT NULL, 
	CONSTRAINT pk_per_sample_results PRIMARY KEY (evaluation_key, position), 
	CONSTRAINT fk_per_sample_results_evaluation_key FOREIGN KEY(evaluation_key) REFERENCES evaluations ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "per_sample_results" VALUES(1,0,'a',1.0,'{"id": "a", "score": 1.0, "text": "it''s"}');
INSERT INTO "per_sample_results" VALUES(1,1,'b',0.0,'{"id": "b", "score": 0.0}');
INSERT INTO "per_sample_results" VALUES(2,0,'a',1.0,'{"id": "a", "score": 1.0, "text": "it''s"}');
INSERT INTO "per_sample_results" VALUES(2,1,'b',0.0,'{"id": "b", "score": 0.0}');
CREATE TABLE queue_attempts (
	token VARCHAR(32) NOT NULL, 
	job_key INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	round INTEGER NOT NULL, 
	worker TEXT NOT NULL, 
	started_at DOUBLE NOT NULL, 
	finished_at DOUBLE, 
	seconds DOUBLE, 
	cost DOUBLE NOT NULL, 
	calls INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	message TEXT NOT NULL, 
	counts BOOLEAN NOT NULL, 
	taken_back BOOLEAN NOT NULL, 
	then_state VARCHAR(16) NOT NULL, 
	then_reason TEXT NOT NULL, 
	then_delay DOUBLE NOT NULL, 
	CONSTRAINT pk_queue_attempts PRIMARY KEY (token), 
	CONSTRAINT fk_queue_attempts_job_key FOREIGN KEY(job_key) REFERENCES queue_jobs ("key") ON DELETE CASCADE
);
INSERT INTO "queue_attempts" VALUES('00000000000000000000000000000000',1,1,1,'worker',1700000110.0,1700000120.0,0.0,0.0,0,'out_of_memory','CUDA out of memory',1,0,'queued','tried again, with divide_batch=2, as memory ran out: CUDA out of memory',0.0);
INSERT INTO "queue_attempts" VALUES('00000000000000000000000000000001',1,2,1,'worker',1700000130.0,1700000140.0,8.0,0.0,0,'','',0,0,'completed','',0.0);
INSERT INTO "queue_attempts" VALUES('00000000000000000000000000000002',2,1,1,'worker',1700000150.0,NULL,NULL,0.0,0,'','',0,0,'','',0.0);
CREATE TABLE queue_jobs (
	"key" INTEGER NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	group_name TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	refusal TEXT NOT NULL, 
	open_needs INTEGER NOT NULL, 
	rank DOUBLE NOT NULL, 
	overtaken INTEGER NOT NULL, 
	priority INTEGER NOT NULL, 
	seconds DOUBLE, 
	code TEXT NOT NULL, 
	queued_at DOUBLE NOT NULL, 
	not_before DOUBLE NOT NULL, 
	delay_seconds DOUBLE NOT NULL, 
	round INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	uncounted INTEGER NOT NULL, 
	uncounted_kind VARCHAR(16) NOT NULL, 
	reached DOUBLE NOT NULL, 
	token VARCHAR(32) NOT NULL, 
	worker TEXT NOT NULL, 
	host TEXT NOT NULL, 
	boot_id TEXT NOT NULL, 
	pid INTEGER, 
	process_started DOUBLE, 
	lease_seconds DOUBLE, 
	beats INTEGER NOT NULL, 
	heartbeat_at DOUBLE, 
	cancel_requested BOOLEAN NOT NULL, 
	finished_at DOUBLE, 
	progress TEXT NOT NULL, 
	adjustments TEXT NOT NULL, 
	job TEXT NOT NULL, 
	CONSTRAINT pk_queue_jobs PRIMARY KEY ("key"), 
	CONSTRAINT uq_queue_jobs_id UNIQUE (id)
);
INSERT INTO "queue_jobs" VALUES(1,'map','data map','sample','completed','','',0,1700000100.0,0,0,NULL,'',1700000100.0,0.0,0.0,1,2,0,'',0.0,'','worker','here','boot/1',4711,12.5,60.0,0,NULL,0,1700000140.0,'{}','{"divide_batch": 2}','{"id": "map", "name": "data map", "work": "node", "payload": {}, "needs": [], "resources": {"cpus": 1.0, "gpus": 0.0, "memory_gb": 0.0, "minutes": null, "cost": 0.0, "calls": 0}, "priority": 0, "group": "sample", "seconds": null, "code": "", "failed_needs": {}, "adjustments": {}, "attempt": 1}');
INSERT INTO "queue_jobs" VALUES(2,'filter','filter_42','sample','running','','',0,1.70000010000000095367e+09,0,0,NULL,'',1.70000010000000095367e+09,0.0,0.0,1,1,0,'',0.0,'00000000000000000000000000000002','worker','here','boot/1',4711,12.5,60.0,1,1700000150.0,0,NULL,'{"step": 3, "total_steps": 9}','{}','{"id": "filter", "name": "filter_42", "work": "node", "payload": {"seed": 42}, "needs": ["map"], "resources": {"cpus": 1.0, "gpus": 0.0, "memory_gb": 0.0, "minutes": null, "cost": 0.0, "calls": 0}, "priority": 0, "group": "sample", "seconds": null, "code": "", "failed_needs": {}, "adjustments": {}, "attempt": 1}');
INSERT INTO "queue_jobs" VALUES(3,'wide','wide_42','sample','held','held by the user','',0,1.70000370000000190729e+09,0,-1,NULL,'',1.70000010000000190734e+09,0.0,0.0,1,0,0,'',0.0,'','','','',NULL,NULL,NULL,0,NULL,0,NULL,'{}','{}','{"id": "wide", "name": "wide_42", "work": "node", "payload": {}, "needs": [], "resources": {"cpus": 1.0, "gpus": 2.0, "memory_gb": 0.0, "minutes": 30.0, "cost": 0.0, "calls": 0}, "priority": -1, "group": "sample", "seconds": null, "code": "", "failed_needs": {}, "adjustments": {}, "attempt": 1}');
CREATE TABLE queue_needs (
	job_key INTEGER NOT NULL, 
	need_key INTEGER NOT NULL, 
	CONSTRAINT pk_queue_needs PRIMARY KEY (job_key, need_key), 
	CONSTRAINT fk_queue_needs_job_key FOREIGN KEY(job_key) REFERENCES queue_jobs ("key") ON DELETE CASCADE, 
	CONSTRAINT fk_queue_needs_need_key FOREIGN KEY(need_key) REFERENCES queue_jobs ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "queue_needs" VALUES(2,1);
CREATE TABLE runs (
	experiment_key INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	status_reason TEXT NOT NULL, 
	started_at DOUBLE NOT NULL, 
	finished_at DOUBLE, 
	heartbeat_at DOUBLE, 
	heartbeat_interval DOUBLE, 
	host VARCHAR(255) NOT NULL, 
	boot_id VARCHAR(64) NOT NULL, 
	pid INTEGER, 
	process_started DOUBLE, 
	slurm_job_id VARCHAR(64), 
	user VARCHAR(255) NOT NULL, 
	command TEXT NOT NULL, 
	error_type VARCHAR(255), 
	error_message TEXT, 
	traceback TEXT, 
	CONSTRAINT pk_runs PRIMARY KEY (experiment_key, attempt), 
	CONSTRAINT fk_runs_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
);
INSERT INTO "runs" VALUES(1,1,'completed','',1700000000.0,1700000010.0,NULL,NULL,'elsewhere','',1,NULL,NULL,'me','python train.py',NULL,NULL,NULL);
INSERT INTO "runs" VALUES(2,1,'completed','',1700001000.0,1700001010.0,NULL,NULL,'elsewhere','',1,NULL,NULL,'me','python train.py',NULL,NULL,NULL);
CREATE TABLE tags (
	experiment_key INTEGER NOT NULL, 
	tag VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (experiment_key, tag), 
	CONSTRAINT fk_tags_experiment_key FOREIGN KEY(experiment_key) REFERENCES experiments ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "tags" VALUES(1,'paper');
INSERT INTO "tags" VALUES(2,'paper');
CREATE INDEX ix_experiments_created_at_key ON experiments (created_at, "key");
CREATE UNIQUE INDEX ix_experiments_folder_folder_host ON experiments (folder, folder_host);
CREATE INDEX ix_experiments_group_key ON experiments (group_key);
CREATE INDEX ix_experiments_name ON experiments (name);
CREATE INDEX ix_experiments_status ON experiments (status);
CREATE UNIQUE INDEX ix_evaluations_experiment_key_benchmark ON evaluations (experiment_key, benchmark);
CREATE INDEX ix_final_metrics_name_value ON final_metrics (name, value);
CREATE INDEX ix_metrics_experiment_key_name_key_step ON metrics (experiment_key, name_key, step);
CREATE INDEX ix_params_name_number ON params (name, number);
CREATE INDEX ix_runs_status ON runs (status);
CREATE INDEX ix_tags_tag ON tags (tag);
CREATE INDEX ix_evaluation_metrics_name_value ON evaluation_metrics (name, value);
CREATE INDEX ix_queue_jobs_group_name ON queue_jobs (group_name);
CREATE INDEX ix_queue_jobs_state_open_needs_rank ON queue_jobs (state, open_needs, rank);
CREATE INDEX ix_queue_attempts_job_key_number ON queue_attempts (job_key, number);
CREATE INDEX ix_queue_attempts_started_at ON queue_attempts (started_at);
CREATE INDEX ix_queue_needs_need_key ON queue_needs (need_key);
COMMIT;

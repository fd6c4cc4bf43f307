"""Local processes that stay warm from job to job.

The runner starts one process that imports what the work needs, and that one forks the workers: see
:mod:`execution.workers.template_process`. Runner and worker talk in lines of JSON.
"""

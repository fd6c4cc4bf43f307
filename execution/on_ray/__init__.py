"""On a Ray cluster, or one that is started on this machine: a task of Ray for each job.

What a task says meanwhile, and what it is told, lies in files of a folder that all nodes see, as the experiments do.
Nothing here loads Ray until an executor is made; and this package is not called ``ray``, which would hide it.
"""

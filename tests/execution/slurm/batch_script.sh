#!/bin/bash

# Parameters
#SBATCH --account=lab
#SBATCH --array=0-2%3
#SBATCH --constraint='a100|h100'
#SBATCH --cpus-per-task=6
#SBATCH --dependency=afterok:12
#SBATCH --exclude='node[1-2]'
#SBATCH --exclusive
#SBATCH --gres=gpu:a100:1
#SBATCH --job-name=it_s___a__suite
#SBATCH --kill-on-invalid-dep=yes
#SBATCH --mail-type=FAIL
#SBATCH --mem=49152M
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --open-mode=append
#SBATCH --output='<LOG_DIR>/slurm/logs/%A_%a_0_log.out'
#SBATCH --partition=gpu
#SBATCH --qos=normal
#SBATCH --requeue
#SBATCH --signal=USR2@90
#SBATCH --time=240
#SBATCH --wckey=submitit

# setup
module load cuda
export HF_HOME='/scratch/it is'
export PYTHONPATH='/opt/the '"'"'code'"'"''${PYTHONPATH:+:$PYTHONPATH}

# command
export SUBMITIT_EXECUTOR=slurm
srun --unbuffered --output '<LOG_DIR>/slurm/logs/%A_%a_%t_log.out' --cpus-per-task=6 '/opt/the environment/bin/python' -I -S '/opt/the '"'"'code'"'"'/execution/slurm/begin.py' -u -m submitit.core._submit '<LOG_DIR>/slurm/logs'

"""What the relay costs on AWS: work counted on the corpus, times public prices."""

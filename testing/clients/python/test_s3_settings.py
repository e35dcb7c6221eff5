"""What a bucket or an object cannot be told, and what clients are answered who ask for it."""

from harness.clients import refused


def test_what_is_not_set_is_answered_as_aws_does(s3, bucket):
    for call, code in [
        (s3.get_bucket_policy, "NoSuchBucketPolicy"),
        (s3.get_bucket_policy_status, "NoSuchBucketPolicy"),
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
        (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
        (s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"),
        (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
        (s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"),
    ]:
        with refused(code, status=404):
            call(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"


def test_what_cannot_be_there_can_be_taken_away(s3, bucket):
    for call in [
        s3.delete_bucket_policy,
        s3.delete_bucket_cors,
        s3.delete_bucket_website,
        s3.delete_bucket_replication,
        s3.delete_bucket_encryption,
        s3.delete_public_access_block,
    ]:
        assert call(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_what_would_not_be_carried_out_is_refused(s3, bucket):
    with refused("NotImplemented", status=501):
        s3.put_bucket_policy(Bucket=bucket, Policy="{}")
    with refused("NotImplemented", status=501):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms:dsse")
    with refused("NotImplemented", status=501):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", SSECustomerKey="0" * 32, SSECustomerAlgorithm="AES256")
    with refused("NotImplemented", status=501):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass="GLACIER")
    with refused("NotImplemented", status=501):
        s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )


def test_the_owner_and_nobody_else_has_access(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for grants in [s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="k")]:
        assert [grant["Permission"] for grant in grants["Grants"]] == ["FULL_CONTROL"]
        assert grants["Grants"][0]["Grantee"]["ID"] == grants["Owner"]["ID"]
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    with refused("AccessControlListNotSupported", status=400):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    with refused("AccessControlListNotSupported", status=400):
        s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == enforced
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
